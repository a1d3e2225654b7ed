"""`/app/codes`: verification codes that were asked for, without the codes."""
