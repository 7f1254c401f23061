"""What a Python user of Pinot does, with the real pinotdb: DB-API queries and SQLAlchemy reflection."""
import json
import sys

import pinotdb
from sqlalchemy import MetaData, Table, create_engine, inspect, text

host, port = sys.argv[1], int(sys.argv[2])
out = {}

connection = pinotdb.connect(host=host, port=port, path="/query/sql", scheme="http")
cursor = connection.cursor()
cursor.execute("SELECT city, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY city ORDER BY city LIMIT 10")
out["description"] = [column[0] for column in cursor.description]
out["rows"] = [list(row) for row in cursor]

cursor.execute("SELECT ts, amount FROM orders WHERE city = %(city)s ORDER BY ts LIMIT 1", {"city": "Oslo"})
row = cursor.fetchone()
out["timestamp"] = [str(row[0]), row[1]]

# As Pinot types them: an exact sum is a text, a truncated or an extreme time a number.
cursor.execute("SELECT SUMPRECISION(amount), DATETRUNC('hour', ts), ROUND(ts, 300000), SUM(items) FROM orders WHERE city = 'Rome' GROUP BY ts LIMIT 1")
out["typed"] = cursor.fetchone()
cursor.execute("SELECT MIN(ts), MAX(ts), AVG(ts), DISTINCTCOUNT(city), SUM(amount > 5) FROM orders LIMIT 1")
out["extremes"] = cursor.fetchone()

try:
    cursor.execute("SELECT nothing FROM orders LIMIT 1")
    out["error"] = None
except pinotdb.exceptions.DatabaseError as error:
    out["error"] = str(error)

preserving = pinotdb.connect(host=host, port=port, path="/query/sql", scheme="http", preserve_types=True).cursor()
preserving.execute("SELECT MAX(amount) FROM orders LIMIT 1")
out["preserved"] = preserving.fetchone()[0]

base = f"{host}:{port}"
engine = create_engine(f"pinot+http://{base}/query/sql?controller=http://{base}/")
out["tables"] = inspect(engine).get_table_names()
orders = Table("orders", MetaData(), autoload_with=engine)
out["columns"] = {column.name: str(column.type) for column in orders.columns}
with engine.connect() as alchemy:
    out["alchemy"] = [list(row) for row in alchemy.execute(text("SELECT city, COUNT(*) FROM orders GROUP BY city ORDER BY city LIMIT 5"))]

print(json.dumps(out))
