"""A simulated operator: it accepts, refuses, delays and loses SMS, and shows what every handset received."""
