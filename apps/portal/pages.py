"""Which pages does the portal have?"""

from datetime import date

from flask import Blueprint, abort, current_app, render_template, request, send_from_directory
from werkzeug.wrappers import Response

from apps.portal import news, papers
from apps.portal.db import get_db
from apps.portal.meetings import next_meeting
from dispatcher.downloads import send_download

bp = Blueprint("pages", __name__)

ON_THE_FRONT_PAGE = 3


@bp.app_template_filter("day")
def day(value: date) -> str:
    """Write a date as people do.

    >>> day(date(2026, 11, 5))
    '5 November 2026'
    """
    return f"{value.day} {value:%B %Y}"


@bp.get("/")
def index() -> str:
    return render_template(
        "index.html",
        news=news.latest(get_db(), ON_THE_FRONT_PAGE),
        meeting=next_meeting(date.today()),
    )


@bp.get("/news/")
def news_list() -> str:
    page = request.args.get("page", 1, type=int)
    pages = news.page_count(get_db())
    if not 1 <= page <= pages:
        abort(404)
    items = news.latest(get_db(), news.PAGE_SIZE, skip=(page - 1) * news.PAGE_SIZE)
    return render_template("news_list.html", news=items, page=page, pages=pages)


@bp.get("/news/<slug>")
def news_item(slug: str) -> str:
    item = news.find(get_db(), slug)
    if item is None:
        abort(404)
    return render_template("news_item.html", item=item)


@bp.get("/papers/")
def paper_list() -> str:
    return render_template("papers.html", papers=list(papers.papers()))


@bp.get("/papers/<name>")
def paper(name: str) -> Response:
    found = papers.find(name)
    if found is None:
        abort(404)
    return send_download(papers.folder() / found.name)


@bp.get("/about")
def about() -> str:
    return render_template("about.html")


@bp.get("/favicon.ico")
def favicon() -> Response:
    """Answer what old browsers ask for unprompted; the others take the SVG."""
    folder = current_app.static_folder or ""
    return send_from_directory(folder, "favicon.ico", mimetype="image/vnd.microsoft.icon")
