# Databricks notebook source
from havenlake.notebook import create_widget_for_env, get_parameters_for_runner

create_widget_for_env(dbutils)  # noqa: F821

# COMMAND ----------

from havenlake.applications.to_silver import ToSilver

try:
    app_name = dbutils.widgets.get("app_name")  # noqa: F821
except Exception as e:
    if "InputWidgetNotDefined" not in str(e):
        raise
    app_name = "bronze_to_silver_job"
job_params = get_parameters_for_runner(dbutils, app_name)  # noqa: F821
config = job_params.config_yaml["stages"]["bronze_to_silver"]["spark_jobs"][app_name]
result = ToSilver().main(**config, spark=job_params.spark, tables=job_params.tables)
