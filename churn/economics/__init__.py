"""The company's policy and every formula of money and risk, once."""
