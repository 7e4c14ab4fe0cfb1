"""The shell of the public phone pages: it joins what the features bring."""
