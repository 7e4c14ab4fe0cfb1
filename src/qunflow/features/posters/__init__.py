"""Posters: six elements, a personal live code in each, and the check that no raw group code slips in (M04, M12)."""
