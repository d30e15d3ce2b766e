"""From a predictor and features to scores and money. Pure; cannot fit: neither scikit-learn nor XGBoost may be imported."""
