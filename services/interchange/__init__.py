"""interchange is the door for files: it reads and checks them, keeps their rows sealed, and has intake open the cases;
and it makes files of cases that intake opens for it.
"""
