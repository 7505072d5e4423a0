-- What does the portal remember? May be run any number of times.

CREATE TABLE IF NOT EXISTS news (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    body TEXT NOT NULL,       -- plain text, a blank line between paragraphs
    published TEXT NOT NULL   -- ISO date
);

CREATE INDEX IF NOT EXISTS news_by_date ON news (published DESC, id DESC);
