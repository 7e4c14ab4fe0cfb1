"""The corp's tags: groups, names, order, who made them (wecom-api.md §3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

from qunflow.sandbox.codes import Json


@dataclass(slots=True, eq=False)
class TagGroup:
    """A group of tags; ``by_app`` tells those made through the API from those made in the console."""

    group_id: str
    name: str
    created: int
    order: int
    by_app: bool
    tags: dict[str, Tag] = field(default_factory=dict)

    def shown(self, *, with_deleted: bool) -> Json:
        """As get_corp_tag_list (``with_deleted``) and add_corp_tag show it."""
        more: Json = {"deleted": False} if with_deleted else {}
        head: Json = {"group_id": self.group_id, "group_name": self.name, "create_time": self.created}
        ordered = sorted(self.tags.values(), key=lambda tag: -tag.order)
        return {**head, "order": self.order, **more, "tag": [tag.shown(with_deleted=with_deleted) for tag in ordered]}


@dataclass(slots=True, eq=False)
class Tag:
    """One tag of a group."""

    tag_id: str
    name: str
    created: int
    order: int
    group: TagGroup

    def shown(self, *, with_deleted: bool) -> Json:
        """As get_corp_tag_list (``with_deleted``) and add_corp_tag show it."""
        more: Json = {"deleted": False} if with_deleted else {}
        return {"id": self.tag_id, "name": self.name, "create_time": self.created, "order": self.order, **more}


@dataclass(slots=True)
class TagBook:
    """All tags of the corp, found by id."""

    groups: dict[str, TagGroup] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)

    def group_named(self, name: str) -> TagGroup | None:
        """The group of that name; names of groups are unique."""
        return next((group for group in self.groups.values() if group.name == name), None)

    def add_group(self, group: TagGroup) -> TagGroup:
        """Keep a new group."""
        self.groups[group.group_id] = group
        return group

    def add_tag(self, tag: Tag) -> Tag:
        """Keep a new tag in its group."""
        tag.group.tags[tag.tag_id] = tag
        self.tags[tag.tag_id] = tag
        return tag

    def remove_tag(self, tag: Tag) -> None:
        """Drop a tag; a group emptied of its tags disappears."""
        del self.tags[tag.tag_id], tag.group.tags[tag.tag_id]
        if not tag.group.tags:
            self.groups.pop(tag.group.group_id, None)

    def remove_group(self, group: TagGroup) -> list[Tag]:
        """Drop a group with its tags, which are returned."""
        gone = list(group.tags.values())
        self.groups.pop(group.group_id, None)
        for tag in gone:
            del self.tags[tag.tag_id]
        return gone
