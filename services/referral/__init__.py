"""referral keeps both halves of every referral, and the response clocks."""
