"""Stores models in MLflow and loads them. Only this package imports mlflow."""
