from dispatcher.registry.toml_lines import line_of, lines_of

TEXT = '''\
# a comment = not a key
name = "yard"

[apps.wiki]  # "[apps.other]"
app = """
[apps.trap]
key = 1
"""
domains = [
    "a.example",
    # between
    "b.example",
]

[servers]
web1.host = "deploy@web1"
web2 = { host = "web2" }

[[list]]
x = 1
'''


def test_every_key_has_its_line() -> None:
    assert lines_of(TEXT) == {
        ("name",): 2,
        ("apps", "wiki"): 4,
        ("apps", "wiki", "app"): 5,
        ("apps", "wiki", "domains"): 9,
        ("servers",): 15,
        ("servers", "web1"): 16,
        ("servers", "web1", "host"): 16,
        ("servers", "web2"): 17,
        ("servers", "web2", "host"): 17,
        ("list",): 19,
        ("list", "x"): 20,
    }


def test_a_key_without_a_line_has_that_of_the_table_around_it() -> None:
    lines = lines_of(TEXT)
    assert line_of(lines, ("apps", "wiki", "domains", "1")) == 9
    assert line_of(lines, ("apps", "wiki", "path")) == 4
    assert line_of(lines, ("pools",)) is None


HIDDEN = r'''a = """[
""quoted""
\"""]
"""""
b = """~~~  # [
~~~"""
c = "\"[{#" # ]
d = ['[', "]", # ]
  {e = '}'}]

# [
f = """"x"""
g = 1'''


def test_nothing_within_a_value_ends_it() -> None:
    assert lines_of(HIDDEN.replace("# ]\n", "# ]\r\n")) == {
        ("a",): 1,
        ("b",): 5,
        ("c",): 7,
        ("d",): 8,
        ("f",): 12,
        ("g",): 13,
    }
