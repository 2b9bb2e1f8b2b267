"""Delivery in the browser: plans, initiatives with their parts, gates, figures. What may be done is in
`improve.delivery`; here it is parsed and shown."""
