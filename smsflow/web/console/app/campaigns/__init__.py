"""`/app/campaigns`: SMS to many people, drafted, priced, launched and watched."""
