"""The tables of referral: halves of referrals, and its own copy of the directory's offers, ages and consents."""
