"""The tables of referral: halves of referrals, and the directory."""
