"""Turns features and a predictor into scores and money. Pure. It cannot train: no scikit-learn, no XGBoost."""
