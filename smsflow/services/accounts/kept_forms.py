"""Forms of the console: each acts once, and what was typed outlives a session."""

from smsflow.store.accounts import forms

take_key = forms.take_key
location_of = forms.location_of
set_location = forms.set_location
keep = forms.keep
take = forms.take_kept
