"""Where things are kept: Postgres, SQLMesh, MLflow. Each module owns one; none imports another's library."""
