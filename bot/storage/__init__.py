"""Tables, transactions, repositories and migrations; the only room that knows SQLAlchemy and the database drivers."""
