"""The company's policy, and every formula for money and risk, each defined once."""
