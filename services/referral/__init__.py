"""referral keeps both halves of every referral, the directory of organisations and services, and the response clocks."""
