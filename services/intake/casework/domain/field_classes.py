"""The classes of sealed values in casework: each ciphertext is bound to one."""

NOTE_TEXT, NOTE_REASON = "note.text", "note.reason"
CLOSING, RESUMPTION = "case.closing", "case.resumption"
TASK_CONTENT, ANSWERED_FLAGS = "task.content", "task.flags"
