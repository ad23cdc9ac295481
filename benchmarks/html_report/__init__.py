"""All latency results on one self-contained HTML page: `page.render_page` makes it, `headpose report` writes it."""
