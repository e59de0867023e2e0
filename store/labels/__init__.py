"""Labels in the database: sets of questions, queues of cases, what each person said of a case, and who may see it when."""
