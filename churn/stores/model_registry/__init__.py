"""MLflow: models in, models out. The only room that imports mlflow."""
