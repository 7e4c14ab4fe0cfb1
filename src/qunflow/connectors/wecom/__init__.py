"""WeCom (企业微信): callbacks in, customer-contact calls out (docs/connectors/wecom.md)."""
