"""WeChat Pay v3: transfers to people, orders paid inside WeChat, refunds and signed notices (wecom-api.md §12)."""
