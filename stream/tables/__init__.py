"""Tables of tickets: which column is which field, and the values of the columns as the fields have them."""
