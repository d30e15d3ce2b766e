"""The flows: when the steps run, and in which order. A task is one call of the library plus a policy.

Tasks import their stage inside the function, so that a worker can register the deployments without MLflow and SQLMesh.
"""
