"""`/app/opt-outs`: the people that the company does not write to."""
