"""Programs as courses have them, with the backward passes that learners write."""
