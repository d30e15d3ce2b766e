"""From a predictor and features to scores and money. Pure; cannot fit: scikit-learn and XGBoost may not be imported."""
