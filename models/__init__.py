"""The domain's vocabulary and the mining maths on plain values and arrays: no database, broker, clock or environment."""
