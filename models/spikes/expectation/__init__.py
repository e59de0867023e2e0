"""Expected counts: the predictive mean and variance of series over windows, with launches and common volume."""
