# Databricks notebook source
# Runs the job that the parameter `app_name` names, in the workspace `env`: what the task of a deployed job calls.
from havenlake.notebook import create_widget_for_env, run_job

create_widget_for_env(dbutils)  # noqa: F821

# COMMAND ----------

result = run_job(dbutils)  # noqa: F821
