"""The browser's door: pages that a person opens by a link, without an account. Templates and a little style of ours."""
