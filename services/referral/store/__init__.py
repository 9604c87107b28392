"""The tables of referral and their mapping: halves of referrals, and the directory."""
