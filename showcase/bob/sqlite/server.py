import os
import sqlite3

from stdio import UserError, serve

MOST_ROWS = 500
# Steps of SQLite's machine between two looks at the clock, and looks until a question has taken too long.
STEPS, LOOKS = 100_000, 500


def opened(database):
    """A database of the project, read-only; the path may not lead out of it."""
    place = os.path.realpath(str(database))
    if not place.startswith(os.path.realpath(".") + os.sep) or not os.path.isfile(place):
        raise UserError(f"there is no database '{database}' in this project")
    connection = sqlite3.connect(f"file:{place}?mode=ro&immutable=1", uri=True)
    looks = iter(range(LOOKS))
    connection.set_progress_handler(lambda: next(looks, None) is None, STEPS)
    return connection


def tables(database):
    connection = opened(database)
    names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table' order by name")]
    return {"tables": [{"name": name, "columns": columns(connection, name)} for name in names]}


def columns(connection, name):
    quoted = name.replace('"', '""')
    return [{"name": row[1], "type": row[2]} for row in connection.execute(f'pragma table_info("{quoted}")')]


def query(database, sql, values=()):
    if not str(sql).lstrip().lower().startswith(("select", "with")):
        raise UserError("wanted a question: select …")
    try:
        cursor = opened(database).execute(sql, tuple(values))
        rows = cursor.fetchmany(MOST_ROWS + 1)
    except sqlite3.Error as error:
        raise UserError(str(error)) from error
    names = [column[0] for column in cursor.description]
    shown = [[cell.hex() if isinstance(cell, bytes) else cell for cell in row] for row in rows[:MOST_ROWS]]
    return {"columns": names, "rows": shown, "more": len(rows) > MOST_ROWS}


DATABASE = {"type": "string", "description": "A file of the project", "maxLength": 300}
READS = {"readOnlyHint": True, "idempotentHint": True}

serve(
    "sqlite",
    "1.0.0",
    tools=[
        {
            "name": "tables",
            "description": "The tables of a database, with their columns",
            "inputSchema": {
                "type": "object",
                "properties": {"database": DATABASE},
                "required": ["database"],
                "additionalProperties": False,
            },
            "annotations": READS,
            "run": tables,
        },
        {
            "name": "query",
            "description": "The rows that a question in SQL gives, at most 500; ? stands for one of values",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "database": DATABASE,
                    "sql": {"type": "string", "maxLength": 10000},
                    "values": {"type": "array", "items": {"type": ["string", "number", "null"]}, "maxItems": 100},
                },
                "required": ["database", "sql"],
                "additionalProperties": False,
            },
            "annotations": READS,
            "run": query,
        },
    ],
)
