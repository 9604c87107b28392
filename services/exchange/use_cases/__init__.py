"""One verb a file: each is one piece of work, acted on outside any transaction and finished inside one."""
