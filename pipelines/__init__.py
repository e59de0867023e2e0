"""What runs by schedule or epoch: mining, and the Prefect flows around plain functions."""
