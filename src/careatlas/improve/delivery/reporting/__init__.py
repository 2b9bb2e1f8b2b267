"""What is reported: monthly returns, the report card, and plans carried in and out."""
