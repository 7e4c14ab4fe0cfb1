"""A WeChat Pay to practise with: real signatures both ways, transfers, orders, refunds, notices (wecom-api.md §12)."""
