"""A page that follows a file while one edits it, for `resdsl watch`.

`order` says what to build, `updates` builds it in a process of its own (`child`) and yields records for the page,
`state` joins them and keeps the last good ones while the file is broken, `server` hands them to the page.
"""
