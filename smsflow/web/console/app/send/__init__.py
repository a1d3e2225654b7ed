"""`/app/send`: an SMS to some numbers, counted before it leaves."""
