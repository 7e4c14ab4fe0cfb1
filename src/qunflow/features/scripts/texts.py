"""The words of scripts: a campaign's own segments, or these; variables in braces (campaigns.md §8). Pure."""

from __future__ import annotations

from collections.abc import Mapping

#: What a script may say when the plan does not: by language, script, segments in order (M05: rules, text, poster).
DEFAULTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "zh": {
        "join": (
            "{nick}，欢迎参加「{title}」！进群后请先把群设为免打扰，群规见群公告。",
            "把你的专属海报转发给好友，好友扫码进群并留下，你就能拿到奖励。",
            "入群、海报和进度都在这里：{link}",
        ),
        "submitted": ("截图已收到，正在审核，结果会显示在你的进度页。",),
        "approved": ("审核通过！奖励 {reward} 元已记入你的账户，继续邀请还有更多奖励。",),
        "rejected": ("截图没有通过：{reason}。请按提示重新提交，还可提交 {left} 次。",),
        "remind": ("你已经邀请 {done} 人，别忘了提交转发截图：{link}",),
        "last_call": ("活动还有 2 小时结束，抓紧提交截图：{link}",),
        "kick": ("根据群规，你已被移出群：{reason}。如有疑问请联系客服。",),
        "link": ("这是你在「{title}」的专属链接，海报、进度和交截图都在里面，请不要转给别人：{link}",),
        "race_start": (
            "「{title}」争分夺秒开始啦！{until} 前的 {minutes} 分钟内，每邀请一位好友进群并留下，得 {amount} 元。",
            "名次奖（第 1 名起）：{prizes}。排行榜在你的专属进度页里。",
        ),
        "race_over": ("本场争分夺秒结束，共 {count} 位好友进群。{hours} 小时后好友仍在群里才算数，届时公布名次。",),
        "race_result": ("「{title}」争分夺秒名次公布，有效邀请 {count} 人：\n{top}\n奖励已记入获奖者账户。",),
        "reward_code": ("恭喜你获得「{item}」！兑换码在你的专属页里，点开才显示（有效期至：{until}）：{link}",),
        "reward_points": ("恭喜你获得「{item}」：{amount} 积分已到账。",),
        "reward_draws": ("恭喜你获得「{item}」：{amount} 次抽卡机会，快去使用：{link}",),
        "reward_privilege": ("恭喜你获得「{item}」（有效期至：{until}），凭专属页使用：{link}",),
        "reward_money": ("你的「{item}」{amount} 元已发出，请在 24 小时内用微信打开专属页领取，逾期将退回：{link}",),
        "reward_paid": ("你的「{item}」{amount} 元已到账。",),
        "reward_address": ("恭喜你获得「{item}」！请填写收货地址（截止：{until}），逾期视为放弃：{link}",),
        "reward_shipped": ("你的「{item}」已寄出：{carrier} {tracking}，请留意查收。",),
        "piece_offered": ("「{title}」轮到你了！为你保留 1 件到 {until}，过时让给下一位。马上下单：{link}",),
        "digest": ("「{title}」有新的进展（审核结果或提醒），请打开我们聊天里的专属链接查看。",),
    },
    "en": {
        "join": (
            "{nick}, welcome to {title}! Please mute the group first; its rules are in the notice.",
            "Share your personal poster. When friends scan it, join and stay, you are rewarded.",
            "Your way into the group, your poster and your progress: {link}",
        ),
        "submitted": ("We have your screenshot and are checking it; the result will be on your page.",),
        "approved": ("Approved! {reward} yuan are yours. Keep inviting for more.",),
        "rejected": ("Your screenshot was not accepted: {reason}. You may try {left} more times.",),
        "remind": ("You have invited {done} people. Do not forget your screenshot: {link}",),
        "last_call": ("The campaign ends in 2 hours; hand in your screenshot now: {link}",),
        "kick": ("By the group's rules you were removed: {reason}. Contact us with any question.",),
        "link": ("Your own link for {title}: poster, progress and proof. Please keep it to yourself: {link}",),
        "race_start": (
            "{title}: the race is on! For {minutes} minutes, until {until}, each friend who joins and stays earns you "
            "{amount} yuan.",
            "On top for the first places: {prizes}. The leaderboard is on your own page.",
        ),
        "race_over": ("The race is over; {count} friends came. Who is still here in {hours} hours counts.",),
        "race_result": ("{title}, result of the race, {count} valid invites:\n{top}\nThe rewards are booked.",),
        "reward_code": ("You won {item}! Your code is on your own page, shown on a tap. Good until {until}: {link}",),
        "reward_points": ("You won {item}: {amount} points are yours.",),
        "reward_draws": ("You won {item}: {amount} more draws. Use them here: {link}",),
        "reward_privilege": ("You won {item}. Good until {until}; show your own page to use it: {link}",),
        "reward_money": (
            "Your {item} of {amount} yuan waits. Take it in WeChat within 24 hours, or it goes back: {link}",
        ),
        "reward_paid": ("Your {item} of {amount} yuan was paid.",),
        "reward_address": ("You won {item}! Say where it goes by {until}, or it goes to somebody else: {link}",),
        "reward_shipped": ("Your {item} is on its way: {carrier} {tracking}.",),
        "piece_offered": ("{title}: it is your turn! One piece is kept for you until {until}. Order it here: {link}",),
        "digest": ("There is news about {title}. Please open your personal link in our chat.",),
    },
}

REASONS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "unreadable": "图片无法识别",
        "too_small": "图片太小或不是整屏截图",
        "not_group_member": "你还不在活动群里",
        "duplicate_image": "这张图片别人已经提交过",
        "qr_mismatch": "截图里不是你自己的专属海报",
        "not_target_page": "不是要求的页面",
        "wrong_poster": "海报不对",
        "grouped_visibility": "设置了分组可见",
        "too_few_likes": "点赞数不够",
        "deleted_or_too_short": "发布时间不够或已删除",
        "edited": "图片被修改过",
        "out_of_window": "不在活动时间内",
        "fraud": "违反活动规则",
        "other": "其他原因，请联系客服",
    },
    "en": {
        "unreadable": "the image cannot be read",
        "too_small": "the image is too small or not a whole screen",
        "not_group_member": "you are not in a group of the campaign yet",
        "duplicate_image": "somebody else handed in this image",
        "qr_mismatch": "it does not show your own poster",
        "not_target_page": "it is not the page asked for",
        "wrong_poster": "it shows another poster",
        "grouped_visibility": "it was visible to a group only",
        "too_few_likes": "too few likes",
        "deleted_or_too_short": "it was not up long enough",
        "edited": "the image was edited",
        "out_of_window": "it is outside the campaign's time",
        "fraud": "the campaign's rules were broken",
        "other": "another reason, please contact us",
    },
}


def segments_of(script: str, own: Mapping[str, tuple[str, ...]], language: str) -> tuple[str, ...]:
    """The segments of a script: the plan's, else the default of the language."""
    return own.get(script) or DEFAULTS[language][script]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into ``{name}`` places; a name that is not known stays as it is written."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def reason_text(reason: str, language: str) -> str:
    """A reason in words."""
    return REASONS[language].get(reason, reason)


def fit_bytes(text: str, most: int) -> str:
    """The text cut to at most ``most`` bytes of UTF-8, at a character."""
    raw = text.encode()
    return text if len(raw) <= most else raw[:most].decode(errors="ignore")
