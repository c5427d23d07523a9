"""LangGraph: a graph of an agent and its tool, answered whole and as a stream."""

import os
from typing import Annotated, TypedDict

from openinference.instrumentation import using_attributes

# guide: docs/guide/sources/langgraph.md sh 1
# guide: docs/guide/sources/langgraph.md python 1

from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode, tools_condition


@tool
def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


class State(TypedDict):
    messages: Annotated[list, add_messages]


def graph(streaming):
    model = ChatOpenAI(
        model="gpt-4o-mini", base_url=os.environ["MODEL_SERVER"] + "/v1", api_key="none", streaming=streaming,
        stream_usage=True,
    ).bind_tools([get_weather])
    builder = StateGraph(State)
    builder.add_node("agent", lambda state: {"messages": [model.invoke(state["messages"])]})
    builder.add_node("tools", ToolNode([get_weather]))
    builder.add_edge(START, "agent")
    builder.add_conditional_edges("agent", tools_condition)
    builder.add_edge("tools", "agent")
    return builder.compile(name="weather_graph")


question = {"messages": [HumanMessage("What is the weather in Paris?")]}
with using_attributes(session_id="session-1", user_id="user-1"):
    graph(streaming=False).invoke(question)
    for _ in graph(streaming=True).stream(question, stream_mode="messages"):
        pass
