"""The shell's own rules of style, beside Quasar's; system fonts, so that no font is loaded but the icons'."""

from __future__ import annotations

HEAD = """<style>
:root { --nicegui-default-padding: 0; --qf-ground: #f6f7f6; }
body.body--dark { --qf-ground: #141715; }
body { background: var(--qf-ground); font-family: system-ui, -apple-system, "PingFang SC", "Microsoft YaHei",
  "Noto Sans CJK SC", sans-serif; }
.qf-header { height: 48px; padding: 0 12px; gap: 8px; background: #23533b !important; }
.qf-brand { color: #fff !important; font-weight: 700; text-decoration: none !important; margin-right: 8px; }
.qf-workspace { color: #fff; max-width: 16rem; }
.qf-drawer { padding: 8px !important; background: #fff; }
body.body--dark .qf-drawer { background: #1b1f1d; }
body.body--dark .qf-header { background: #17382a !important; }
.qf-nav { display: flex; flex-direction: column; gap: 2px; width: 100%; }
.qf-nav-entry { display: flex; align-items: center; gap: 12px; padding: 8px 12px; border-radius: 8px;
  color: inherit !important; text-decoration: none !important; }
.qf-nav-entry .q-icon { font-size: 20px; opacity: .75; }
.qf-nav-entry:hover { background: rgba(128,128,128,.12); }
.qf-nav-entry:focus-visible { outline: 2px solid var(--q-primary); outline-offset: -2px; }
.qf-here { background: rgba(47,111,79,.14); font-weight: 600; }
.body--dark .qf-here { background: rgba(124,194,156,.2); }
.nicegui-content { padding: 0 !important; width: 100%; }
.qf-main { display: flex; flex-direction: column; gap: 16px; width: 100%; max-width: 1400px; padding: 20px 24px 48px;
  min-width: 0; }
body.body--dark { --q-primary: #3d946b; --q-positive: #81c995; --q-negative: #f2867b; }
.body--dark .text-primary { color: #86cba5 !important; }
.body--dark .text-positive { color: #81c995 !important; }
.body--dark .text-negative { color: #ff9c92 !important; }
.body--dark .bg-negative, .body--dark .bg-positive { color: #1b1f1d !important; }
.qf-sessions td:not(:first-child) { white-space: nowrap; }
.qf-members td:last-child { white-space: nowrap; }
.qf-form { display: flex; flex-direction: column; gap: 12px; align-items: flex-start; }
.qf-problem { display: flex; flex-direction: column; gap: 12px; padding: 48px 0; align-items: flex-start; }
@media (max-width: 700px) { .qf-main { padding: 16px 12px 48px; } .qf-brand { display: none; } }
</style>"""
