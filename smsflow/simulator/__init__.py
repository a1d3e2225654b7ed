"""An operator to try against: it accepts, refuses, delays, forgets and tells what every handset received."""
