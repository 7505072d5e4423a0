-- What does the watch remember? May be run any number of times.

CREATE TABLE IF NOT EXISTS result (
    id INTEGER PRIMARY KEY,
    target TEXT NOT NULL,           -- its name in the targets file
    checked_at REAL NOT NULL,       -- seconds since 1970
    up INTEGER NOT NULL,            -- 0 or 1
    status INTEGER,                 -- of HTTP; null where nothing answered
    milliseconds INTEGER NOT NULL,
    error TEXT                      -- in words; null when up
);

CREATE INDEX IF NOT EXISTS result_by_target ON result (target, id DESC);

-- One row: when the last round of checks began, whoever's worker it was.
CREATE TABLE IF NOT EXISTS round (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    began REAL NOT NULL
);

INSERT OR IGNORE INTO round (id, began) VALUES (1, 0);
