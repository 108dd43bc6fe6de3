"""Measurements that back the project's budgets: ratios taken in one run on one machine."""
